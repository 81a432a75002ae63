#!/bin/sh
# Build Debian's corosync as it is, and with a patch, for `ringplug corosync record --binary`. Nothing is installed of it.
#
#   sh docs/corosync/build.sh DIRECTORY PATCH
#
# Makes DIRECTORY/before and DIRECTORY/after, with the daemons in exec/.libs/corosync. Unless DIRECTORY/source is there,
# it gets Debian's source package, which needs a deb-src line in the sources of apt; unless the development files of
# libknet and libqb are there, it installs them and a compiler, which needs root.
set -eu
directory=$1
patch=$(realpath "$2")
mkdir -p "$directory"
cd "$directory"
if ! pkg-config --exists libknet libqb; then
    apt-get install --yes --no-install-recommends build-essential dpkg-dev pkg-config libknet-dev libqb-dev
fi
if [ ! -d source ]; then
    apt-get source corosync
    mv corosync-*/ source
fi
rm -rf before after
cp -a source before
(cd before && ./configure --disable-static --disable-doc && make -C common_lib && make -C exec corosync)
cp -a before after
(cd after && patch -p1 < "$patch" && make -C exec corosync)
./before/exec/.libs/corosync -v
./after/exec/.libs/corosync -v
