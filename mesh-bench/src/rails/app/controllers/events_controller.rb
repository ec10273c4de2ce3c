class EventsController < ApplicationController
  # A thread that waits for the database keeps Ruby's lock, without which the one that writes to it cannot end.
  WRITES = Mutex.new

  def create
    event = WRITES.synchronize do
      Event.create!(kind: params[:kind], payload: params[:payload].to_unsafe_h.to_json)
    end
    render json: { kind: event.kind, length: event.payload.length }, status: :created
  end
end
