#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The units that the packages bring, and the examples: systemd has nothing to say against them, and
# what they shut is not opened by accident. In a root of their own, without a systemd that runs.
# Prints TAP.
. "${OPTOUT_SRCDIR:?}/tests/unit/tap.sh"

command -v systemd-analyze >/dev/null || {
    echo "1..0 # SKIP systemd-analyze is not here"
    exit 0
}
root=$dir/root
units=$root/usr/lib/systemd/system
debian=$OPTOUT_SRCDIR/debian
system=$(dirname "$(ls -d /usr/lib/systemd/system/basic.target /lib/systemd/system/basic.target 2>/dev/null | head -n 1)")
mkdir -p "$units" "$root/etc/systemd/system"
ln -s usr/lib usr/bin usr/sbin "$root/"
cp "$system"/*.target "$system"/*.slice "$units/" 2>/dev/null
cp "$debian/optoutd.service" "$debian/optout-ship.service" "$units/"
cp "$debian/libc-icap-mod-optout.optout-watch.service" "$units/optout-watch.service"
cp "$debian/libc-icap-mod-optout.optout-watch.timer" "$units/optout-watch.timer"
cp -r "$debian/c-icap.service.d" "$units/"
# That of Debian's package, as it is in 12 and 13.
cat >"$units/c-icap.service" <<'U'
[Unit]
Description=ICAP server

[Service]
EnvironmentFile=-/etc/default/c-icap
Type=forking
ExecStartPre=/bin/mkdir -p /run/c-icap
ExecStartPre=/bin/chown c-icap:c-icap /run/c-icap
ExecStart=/usr/bin/c-icap
User=root
Group=root

[Install]
WantedBy=multi-user.target
U
for program in bin/mkdir bin/chown bin/sh bin/kill bin/c-icap sbin/optoutd sbin/optout-ship libexec/optout/watch; do
    mkdir -p "$root/usr/${program%/*}"
    printf '#!/bin/sh\n' >"$root/usr/$program"
    chmod 755 "$root/usr/$program"
done

nothing_against() { # UNIT
    systemd-analyze --root="$root" verify --man=no "$units/$1" >out 2>&1 && [ ! -s out ]
}

# Unknown words are told and cost no status: that they are seen is seen here.
sed 's/^NoNewPrivileges=/NoNewPrivilegs=/' "$debian/optoutd.service" >"$units/wrong.service"
! nothing_against wrong.service && grep -q NoNewPrivilegs out
ok "a misspelt directive is told"
rm "$units/wrong.service"

for unit in optoutd.service optout-ship.service c-icap.service optout-watch.service optout-watch.timer; do
    nothing_against "$unit"
    ok "$unit"
done
# Tenths of systemd's figure; that of c-icap's own unit is 96.
for unit in optoutd:15 optout-ship:17 optout-watch:55 c-icap:60; do
    systemd-analyze --root="$root" security --offline=true --no-pager --threshold="${unit#*:}" \
        "${unit%:*}.service" >out 2>&1
    ok "${unit%:*}: exposure at most ${unit#*:}"
done
for unit in optoutd optout-ship; do
    cp "$OPTOUT_SRCDIR/conf/$unit.service" "$units/"
    nothing_against "$unit.service"
    ok "the example $unit.service"
done

wants=$(sed -n 's/^WatchdogSec=//p' "$debian/optoutd.service")
[ "${wants:-0}" -ge 10 ] && grep -qx Type=notify "$debian/optoutd.service"
ok "optoutd is watched"
echo "1..$count"
exit $((failures > 0))
