#!/bin/sh
# Installs what mailhub needs on Debian 12: packages, the user it serves as, a virtual environment from a hashed lock.
# Safe to run again. Usage: scripts/install.sh run|test
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}

RUN_PACKAGES="python3 python3-venv ca-certificates dovecot-core dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-auth-lua lua-socket
bubblewrap tesseract-ocr tesseract-ocr-vie catdoc libarchive13 fonts-liberation2"
TEST_PACKAGES="git postgresql swaks libnet-ssleay-perl msmtp mutt openssl util-linux
softhsm2 clamav-daemon fonts-liberation fonts-noto-core
poppler-utils libreoffice-writer libnss3-tools chromium"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

install_packages() {
    wanted=$(missing "$@")
    [ -n "$wanted" ] || return 0
    # Debian starts a service as soon as it is installed; ours start on their own ports only.
    guard=
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        guard=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
        as_root chmod 755 "$guard"
    fi
    as_root apt-get update -q
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $wanted
    [ -z "$guard" ] || as_root rm -f "$guard"
}

install_packages $RUN_PACKAGES
# The web's style sheets come from npm; a built wheel carries them (scripts/assets.py).
command -v npm >/dev/null || install_packages npm
[ "$kind" = run ] || install_packages $TEST_PACKAGES

# Services do not run as root: started by root, they become this user.
if ! getent passwd mailhub >/dev/null; then
    as_root adduser --quiet --system --group --no-create-home --home /nonexistent mailhub
fi

# The agencies' keys belong to a user of their own.
if ! getent passwd mailhub-signer >/dev/null; then
    as_root adduser --quiet --system --group --no-create-home --home /nonexistent mailhub-signer
fi

# Debian's interpreter, since another user cannot run one under root's home.
[ -x .venv/bin/python ] || /usr/bin/python3 -m venv .venv
lock=requirements.lock
[ "$kind" = run ] || lock=requirements-dev.lock
stamp=.venv/.installed-$kind
if ! cmp -s "$lock" "$stamp"; then
    .venv/bin/pip install -qq --disable-pip-version-check --require-hashes -r "$lock"
    .venv/bin/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
    cp "$lock" "$stamp"
fi

mark=node_modules/.installed
if ! cat package-lock.json scripts/assets.py | cmp -s - "$mark" || [ ! -e mailhub/admin/static/vendor/icons.svg ]; then
    npm ci --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error >/dev/null
    .venv/bin/python scripts/assets.py
    cat package-lock.json scripts/assets.py >"$mark"
fi
