#!/usr/bin/env bash
# Adds a customer's own domain: add-domain.sh book.customer.example
set -eu
. "$(dirname "$0")/domains.env"
export RAILWAY_API_TOKEN
railway domain "$1" --service web
