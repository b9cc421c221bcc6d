#!/bin/bash
# build.sh DIR: builds the small clients and servers that no distribution packages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
(cd "$here" && go build -o "$1/" ./gotls ./quicgo ./piondtls)
[ "$here/mbed.c" -ot "$1/mbed" ] || cc -O1 -o "$1/mbed" "$here/mbed.c" -lmbedtls -lmbedx509 -lmbedcrypto
[ "$here/Tls.java" -ot "$1/Tls.class" ] || javac -d "$1" "$here/Tls.java"
