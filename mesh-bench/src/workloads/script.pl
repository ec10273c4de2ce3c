# Lines of words become an index, the index is sorted and joined, and most of it is dropped again.
use strict;
use warnings;

my $rounds = shift;
my $words = 0;
my %kept;
for my $round (1 .. $rounds) {
    my %index;
    for my $line (1 .. 20000) {
        my $text = join ' ', map { 'w' . ($line * $_ % 4999) } 1 .. 8;
        push @{ $index{$1} }, $line while $text =~ /(w\d+)/g;
        $kept{"$round-$line"} = uc $text if $line % 50 == 0;
    }
    for my $word (sort { @{ $index{$b} } <=> @{ $index{$a} } || $a cmp $b } keys %index) {
        my $lines = join ',', @{ $index{$word} };
        $words += 1 + ($lines =~ tr/,//);
    }
}
die "counted $words words" unless $words == $rounds * 20000 * 8;
die 'lost lines' unless keys %kept == $rounds * 400;
