class OperationsController < ApplicationController
  def up
    render plain: "up"
  end

  # A full collection; the answer says in which process.
  def collect
    GC.start
    render plain: Process.pid.to_s
  end
end
