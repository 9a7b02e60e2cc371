#!/usr/bin/env bash
# Runs a command of the platform on EMR Serverless, in a Spark Connect session that begins and ends with it:
#   deploy/spark/emr-serverless.sh <application id> <ARN of the session's role> dataops sync
# The application's release has to hold the Spark that `dataops doctor` names, and the role to read and write the lake's
# bucket. AWS_*, DATAOPS_LANDING_URL and DATAOPS_LAKE_URL are taken as they are. The session's token lives for about an hour.
set -euo pipefail
application=$1 role=$2
shift 2
emr() { aws emr-serverless "$@" --application-id "$application" --output text; }

session=$(emr start-session --execution-role-arn "$role" --query sessionId)
trap 'emr terminate-session --session-id "$session" >/dev/null' EXIT
until state=$(emr get-session --session-id "$session" --query session.state); [[ $state =~ ^(STARTED|IDLE)$ ]]; do
  [[ ! $state =~ ^(FAILED|TERMINATED|TERMINATING)$ ]] || { echo "EMR Serverless ended the session while it started: $state" >&2; exit 1; }
  sleep 5
done

read -r endpoint token < <(emr get-session-endpoint --session-id "$session" --query '[endpoint, authToken]')
host=${endpoint#*://} && host=${host%%[:/]*}
DATAOPS_ENGINE=connect DATAOPS_CONNECT_URL="sc://$host:443/;use_ssl=true;x-aws-proxy-auth=$token" "$@"
