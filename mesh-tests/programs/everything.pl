# What a Perl program does all day: hashes, patterns, closures, children.
use strict;
use warnings;

my $state = 1;
sub next_random { $state = ($state * 1103515245 + 12345) & 0x7fffffff; return $state >> 8 }

my %count;
my @lines;
for my $i (1 .. 60000) {
    my $line = join ' ', map { chr(97 + next_random() % 26) x (1 + next_random() % 9) } 1 .. 6;
    push @lines, $line;
    $count{$_}++ for split / /, $line;
}
print "words ", scalar(keys %count), " ", (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0], "\n";

my $text = join "\n", @lines;
my $swapped = ($text =~ s/(\w+) (\w+)/$2 $1/gr);
my $checksum = unpack '%32C*', $swapped;
my @pairs = $text =~ /\b(a+) (b+)\b/g;
print "patterns $checksum ", scalar(@pairs), "\n";

my @kept;
for my $i (1 .. 200000) {
    my $block = 'x' x (next_random() % 800);
    push @kept, $block if $i % 10 == 0;
    splice @kept, next_random() % @kept, 1 if @kept > 5000;
}
my $size = 0;
$size += length for @kept;
print "kept ", scalar(@kept), " $size\n";

my %tree;
for my $line (@lines[0 .. 20000]) {
    my $node = \%tree;
    $node = $node->{$_} //= {} for split //, substr $line, 0, 12;
    $node->{line} = $line;
}
sub depth { my $node = shift; my $most = 0; for (grep { ref } values %$node) { my $d = depth($_); $most = $d if $d > $most } return 1 + $most }
print "tree ", depth(\%tree), "\n";
undef %tree;

for my $child (1 .. 5) {
    my $pid = open my $pipe, '-|';
    defined $pid or die "fork: $!";
    if (!$pid) {
        my @sorted = sort map { $_ . $child } @lines[0 .. 5000];
        print $sorted[100 * $child], "\n";
        exit 0;
    }
    print "child $child ", scalar <$pipe>;
    close $pipe or die "child $child: $?";
}
print "shell ", `echo said by a shell`;
