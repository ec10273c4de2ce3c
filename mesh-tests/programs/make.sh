# A project of thirty C files, compiled by hand and by make, then changed and made again.
mkdir project
cd project
awk 'BEGIN { for (f = 1; f <= 30; f++) { file = "part" f ".c"
    print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>" > file
    for (g = 0; g < 20; g++) printf "static int f%d(int n) { char *s = malloc(n + 1); memset(s, 65, n); s[n] = 0; int l = (int)strlen(s) * %d; free(s); return n > 3 ? l + f%d(n / 2) : l; }\n", g, f, g > file
    print "int part" f "(int n) { return" > file
    for (g = 0; g < 20; g++) print "f" g "(n + " g ") + " > file
    print f "; }" > file; close(file) }
    file = "main.c"; print "#include <stdio.h>" > file
    for (f = 1; f <= 30; f++) print "int part" f "(int);" > file
    print "int main(void) { int sum = 0;" > file
    for (f = 1; f <= 30; f++) print "sum += part" f "(" f ");" > file
    print "printf(\"%d\\n\", sum); return 0; }" > file }'
cat > Makefile <<'END'
objects := $(patsubst %.c,%.o,$(sort $(wildcard *.c)))
program: $(objects)
	$(CC) -o $@ $^
%.o: %.c
	$(CC) -O2 -c -o $@ $<
$(objects): Makefile
END

gcc -O2 -flto=2 -o by-hand main.c part*.c
./by-hand
make -s -j2
./program
cksum program *.o
make -q
echo 'int unused;' >> part7.c
! make -q
make -s -j2
./program
echo 'not C' > part8.c
make -s -j2 2> errors || echo "make fails"
grep -c error errors
