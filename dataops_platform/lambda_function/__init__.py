"""The AWS Lambda function: ingests what S3 announces, without Dagster, an engine, or anything else that is large."""
