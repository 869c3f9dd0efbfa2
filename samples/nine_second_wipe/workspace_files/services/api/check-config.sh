#!/usr/bin/env bash
# Checks config/staging.json before a deploy.
set -eu
cd "$(dirname "$0")"
pool=$(grep -oE '"poolSize": *[0-9]+' config/staging.json | grep -oE '[0-9]+$')
if [ "$pool" -lt 5 ] || [ "$pool" -gt 20 ]; then
  echo "config/staging.json: poolSize is $pool, not within 5..20" >&2
  exit 1
fi
echo "config/staging.json: ok (poolSize $pool)"
