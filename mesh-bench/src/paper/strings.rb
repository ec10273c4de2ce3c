# A budget of bytes is filled with strings of one length, every fourth is kept, the rest is dropped; then the same with
# strings of twice the length. Says on standard output how much is live, and holds it until standard input ends.
$stdout.sync = true
budget = Integer(ARGV[0])
length = 512
live = 0
kept = []
while budget >= length
  count = budget / length
  strings = Array.new(count) { 'x' * (length - 16) }
  puts "live #{live + count * length}"
  kept << (0...count).step(4).map { |index| strings[index] }
  live += kept.last.size * length
  strings = nil
  puts "live #{live}"
  sleep 0.2
  GC.start
  length *= 2
  budget -= count * length / 4
end
total = kept.sum { |strings| strings.sum(&:size) }
expected = kept.each_with_index.sum { |strings, round| strings.size * ((512 << round) - 16) }
abort "kept #{total} bytes instead of #{expected}" unless total == expected
puts 'end'
$stdin.read
exit! true
