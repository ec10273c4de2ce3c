# A tree, packed by tar and compressed by two threads of xz, then unpacked again.
mkdir tree
awk 'BEGIN { for (f = 0; f < 260; f++) { file = "tree/file" f
    for (l = 0; l < 700; l++) print f, l, (l * f * 7919) % 65521, (l * l * f) % 104729 > file
    close(file) } }'
find tree -type f | sort | xargs cksum | cksum
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf tree.tar tree
cksum < tree.tar
xz -T2 -2 --block-size=1MiB -k tree.tar
cksum < tree.tar.xz
xz -t tree.tar.xz
xz --list --robot tree.tar.xz | awk '/^file/ { print "blocks", ($3 > 1) }'
mkdir unpacked
tar -C unpacked -xJf tree.tar.xz
diff -r tree unpacked/tree
xz -T2 -dc tree.tar.xz | cmp - tree.tar
find unpacked -type f | sort | xargs cksum | awk '{ print $1, $2 }' | cksum
