# Threads take jobs in JSON from a queue, do them on records that stay, and answer in JSON, as a worker of a web application does.
require 'json'

rounds = Integer(ARGV[0])
store = {}
lock = Mutex.new
answered = 0
rounds.times do |round|
  queue = Queue.new
  4000.times do |id|
    queue << JSON.generate('job' => id, 'user' => id * 31 % 997, 'items' => (1..10).map { |n| { 'sku' => "s#{id * n % 4999}", 'count' => n } })
  end
  4.times { queue << nil }
  workers = Array.new(4) do
    Thread.new do
      while (text = queue.pop)
        job = JSON.parse(text, symbolize_names: true)
        lines = job[:items].map { |item| { label: item[:sku].upcase, total: item[:count] * 3, tags: item[:sku].chars } }
        lock.synchronize do
          orders = (store["user-#{job[:user]}"] ||= [])
          orders << { job: job[:job], round: round, lines: lines }
          orders.shift if orders.size > 20
          answered += JSON.parse(JSON.generate(lines.group_by { |line| line[:label][0, 2] })).sum { |_, some| some.size }
        end
      end
    end
  end
  workers.each(&:join)
end
abort "answered #{answered}" unless answered == rounds * 4000 * 10
abort 'lost users' unless store.size == 997
