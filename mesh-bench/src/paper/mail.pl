# Mail comes in, is parsed, searched with rules and counted word by word, as a spam filter does; a mailbox keeps the
# newest messages, an archive every eighth. Says on standard output when it is done, and holds all until standard
# input ends.
use strict;
use warnings;
use POSIX ();

$| = 1;
my $messages = shift;
my $state = 12345;

sub below {
    my $limit = shift;
    $state = ($state * 1103515245 + 12345) & 0x7fffffff;
    return ($state >> 8) % $limit;
}

my @syllables = qw(ka lo mi re su ta no vi pe dor an el ist ung ter mar qui zo);
my @words = map { join '', map { $syllables[below(18)] } 1 .. 1 + below(4) } 1 .. 6000;
my @lines = map { join ' ', map { $words[below(below(6000) + 1)] } 1 .. 4 + below(10) } 1 .. 4000;

sub message {
    my $number = shift;
    my $from = $words[below(200)] . '@' . $words[below(40)] . '.example';
    my $body = '';
    for my $line (1 .. 5 + below(40)) {
        $body .= $lines[below(4000)] . "\n";
        $body .= "see http://$words[below(500)].example/$number/$line\n" if below(12) == 0;
    }
    return "From: $from\nTo: user" . below(50) . "\@home.example\nSubject: $words[below(300)] $number\n"
      . "Message-Id: <$number.$state\@$words[below(40)].example>\n\n$body";
}

my @rules = map { my $one = $words[below(6000)]; qr/\b$one\w*\s+(\w+)/ } 1 .. 6;
my (@mailbox, @archive, %count, %seen, %thread);
my ($parsed, $links) = (0, 0);

for my $number (1 .. $messages) {
    my ($head, $body) = split /\n\n/, message($number), 2;
    my %header = $head =~ /^([\w-]+): (.*)$/mg;
    die "message $number has no sender" unless $header{From} =~ /^(\w+)\@/;
    $parsed++;
    my @tokens = grep { length > 2 } split /\W+/, lc $body;
    $count{$_}++ for @tokens;
    $seen{"$tokens[$_] $tokens[$_ + 1]"} = $number for grep { $_ % 5 == 0 } 0 .. $#tokens - 1;
    my @hits = map { $body =~ $_ ? $1 : () } @rules;
    my @found = $body =~ m{(http://\S+)}g;
    $links += @found;
    my $mail = { header => \%header, body => $body, hits => \@hits, links => \@found };
    push @{ $thread{ $header{Subject} =~ s/ .*//r } }, $header{'Message-Id'};
    push @mailbox, $mail;
    push @archive, { %$mail, body => substr $body, 0, 400 } if $number % 8 == 0;
    shift @mailbox if @mailbox > 8000;
    if ($number % 2000 == 0) {
        delete @seen{ grep { $seen{$_} < $number - 4000 } keys %seen };
        delete $count{$_} for grep { $count{$_} < 2 } keys %count;
        $#{$_} = 9 for grep { @$_ > 10 } values %thread;
    }
}

my $kept = grep { defined $_->{header}{From} } @mailbox;
die "parsed $parsed, kept $kept" unless $parsed == $messages && $kept == ($messages < 8000 ? $messages : 8000);
die "archived " . @archive unless @archive == int($messages / 8);
die 'no link was found' unless $links;
print "end\n";
<STDIN>;
POSIX::_exit(0);
