"""This room's tests hold the Lambda function and what it is deployed with."""
