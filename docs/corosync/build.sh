#!/bin/sh
# Build Debian's corosync as it is, and with patches, for `ringplug corosync record --binary`. Nothing is installed of it.
#
#   sh docs/corosync/build.sh DIRECTORY PATCH...
#
# Makes DIRECTORY/before and DIRECTORY/after, with the daemons in exec/.libs/corosync; all patches together are in the
# second. Unless DIRECTORY/source is there, it gets Debian's source package, which needs a deb-src line in the sources of
# apt; where the mirror has no signature of the upstream archive, unpack what apt has fetched to DIRECTORY/source and
# apply debian/patches. Unless the development files of libknet and libqb are there, it installs them and a compiler,
# which needs root.
set -eu
directory=$1
shift
for patch in "$@"; do
    patches="${patches:-} $(realpath "$patch")"
done
mkdir -p "$directory"
cd "$directory"
if ! pkg-config --exists libknet libqb; then
    apt-get install --yes --no-install-recommends build-essential dpkg-dev pkg-config libknet-dev libqb-dev
fi
if [ ! -d source ]; then
    apt-get source corosync
    mv corosync-*/ source
fi
if [ ! -x before/exec/.libs/corosync ]; then
    rm -rf before
    cp -a source before
    (cd before && ./configure --disable-static --disable-doc && make -C common_lib && make -C exec corosync)
fi
rm -rf after
cp -a before after
for patch in ${patches:-}; do
    (cd after && patch -p1 < "$patch")
done
make -C after/exec corosync
./before/exec/.libs/corosync -v
./after/exec/.libs/corosync -v
