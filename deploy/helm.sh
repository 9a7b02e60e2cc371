#!/usr/bin/env bash
# Brings an image to the cluster that kubectl points at:  deploy/helm.sh staging registry.example/dataops-platform 1f3c…
# It comes back as it was where the new version does not become ready. DAGSTER_PG_HOST names the database.
set -euo pipefail
environment=$1 repository=$2 tag=$3
here=$(dirname "${BASH_SOURCE[0]}")

images=()
for part in dagsterWebserver dagsterDaemon 'dagster-user-deployments.deployments[0]'; do
  images+=(--set "$part.image.repository=$repository" --set "$part.image.tag=$tag" --set "$part.image.pullPolicy=IfNotPresent")
done

helm upgrade dataops-platform dagster --repo https://dagster-io.github.io/helm --version 1.13.27 \
  --install --atomic --timeout 15m --namespace "dataops-$environment" --values "$here/helm-values.yaml" \
  --set postgresql.postgresqlHost="${DAGSTER_PG_HOST:?names the database of $environment}" \
  --set "dagster-user-deployments.deployments[0].env.DATAOPS_ENV=$environment" \
  "${images[@]}"
