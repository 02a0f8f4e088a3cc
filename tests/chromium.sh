#!/bin/sh
# The browser tests drive Debian's chromium. As root we install it; otherwise we say what to install.
set -eu
if command -v chromium >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing chromium for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
else
    echo "the browser tests need chromium: run 'sudo apt-get install chromium fonts-noto-cjk', then 'make test' again" >&2
    exit 1
fi
