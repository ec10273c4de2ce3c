# Records become hashes and JSON, are read back, grouped, sorted and joined; most of them are dropped again.
require 'json'

rounds = Integer(ARGV[0])
words = 0
kept = {}
rounds.times do |round|
  records = (1..6000).map do |id|
    { 'id' => id, 'name' => "record-#{id * 7919 % 10_007}", 'text' => (1..12).map { |step| "w#{id * step % 4999}" }.join(' ') }
  end
  index = Hash.new { |hash, word| hash[word] = [] }
  JSON.parse(JSON.generate(records)).each do |record|
    record['text'].scan(/w\d+/) { |word| index[word] << record['id'] }
    kept["#{round}-#{record['id']}"] = record['text'].upcase if (record['id'] % 20).zero?
  end
  lines = index.sort_by { |word, ids| [-ids.size, word] }.map { |word, ids| "#{word}: #{ids.join(',')}" }
  words += lines.sum { |line| line.count(',') + 1 }
end
abort "counted #{words} words" unless words == rounds * 6000 * 12
abort 'lost records' unless kept.size == rounds * 300
