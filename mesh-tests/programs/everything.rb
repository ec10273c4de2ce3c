# What a Ruby program does all day: strings, hashes, blocks, threads, children.
require 'digest'
require 'json'

random = Random.new(1)

documents = Array.new(8000) do |id|
  { 'id' => id, 'name' => Array.new(random.rand(1..8)) { ('a'.ord + random.rand(26)).chr * random.rand(1..9) }.join(' '),
    'numbers' => Array.new(random.rand(10)) { random.rand(1000) } }
end
text = JSON.generate(documents)
raise 'json' unless JSON.parse(text) == documents

puts "texts #{text.size} #{Digest::SHA256.hexdigest(text)[0, 16]}"
puts "patterns #{text.scan(/\b([a-z])\1+\b/).size} #{text.gsub(/(\w+) (\w+)/, '\2 \1').sum}"
puts "groups #{documents.group_by { |d| d['name'][0] }.transform_values(&:size).sort.first(5)}"

# Strings of one length, every fourth kept, then the next length.
length = 512
kept = []
4.times do
  strings = Array.new(12_000_000 / length) { |i| (i % 10).to_s * length }
  kept << strings.each_slice(4).map(&:first)
  strings = nil
  GC.start
  length *= 2
end
puts "kept #{kept.map(&:size)} #{kept.flatten.sum(&:size)}"
raise 'kept' unless kept.flatten.all? { |s| s.count(s[0]) == s.size }

results = Array.new(6) do |n|
  Thread.new { Digest::SHA256.hexdigest((1..3000).map { |i| (i * n).to_s * 3 }.sort.join)[0, 16] }
end
puts "threads #{results.map(&:value).join(' ')}"

3.times do |n|
  reader, writer = IO.pipe
  child = fork do
    reader.close
    writer.write(kept.flatten.sum(&:size) + n)
    writer.close
    exit!(0)
  end
  writer.close
  puts "child #{n} #{reader.read}"
  Process.wait(child)
  raise 'child' unless $?.success?
end
puts "shell #{`echo said by a shell`}"
Process.warmup if Process.respond_to?(:warmup)
