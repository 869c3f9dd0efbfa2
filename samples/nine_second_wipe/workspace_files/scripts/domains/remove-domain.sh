#!/usr/bin/env bash
# Removes a customer's own domain: remove-domain.sh book.customer.example
set -eu
. "$(dirname "$0")/domains.env"
export RAILWAY_API_TOKEN
railway domain delete "$1" --yes
