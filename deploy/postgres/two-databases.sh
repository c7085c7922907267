#!/usr/bin/env bash
# Runs once, in an empty server: a database and a user for each service. Neither sees the other's.
set -euo pipefail
password=$(<"$TRA_DATABASE_PASSWORD_FILE")
for name in tra_idp tra_signing; do
    psql --set=ON_ERROR_STOP=1 --set=name="$name" --set=password="$password" <<'SQL'
CREATE USER :"name" PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
