#!/bin/sh
# The peers of the benchmark, from Debian. Their services must not start: they would open public ports, and the
# benchmark runs instances of its own. policy-rc.d is what apt asks (invoke-rc.d(8)); one that is there stays.
set -eu

if [ "$(id -u)" -ne 0 ]; then
    echo "bench/install.sh: run this as root" >&2
    exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi

missing=
for package in postfix rspamd; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    apt-get update -q
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi

# A service that a system with systemd enabled all the same would start at the next boot.
if [ -d /run/systemd/system ] && [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    systemctl disable --now $missing
fi

dpkg-query -W postfix rspamd
