# A large job: an export, parsed again.
class ExportJob
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform(number)
    lines = Export.new(number).text.lines.map { |line| line.chomp.split(";", -1) }
    sums = lines.drop(1).group_by { |line| line[5] }.transform_values { |group| group.sum { |line| line[6].to_i } }
    Result.keep(number, JSON.generate(sums.sort.to_h))
  end
end
