# A small job: the summaries of a few customers.
class SummaryJob
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform(number)
    count = Customer.count
    ids = Array.new(5) { |step| (number * 7 + step) % count + 1 }
    Result.keep(number, Customer.find(ids).map { |customer| customer.summary.to_json }.join("\n"))
  end
end
