# A full collection.
class CollectJob
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform(number)
    GC.start
    Result.keep(number, "collected")
  end
end
