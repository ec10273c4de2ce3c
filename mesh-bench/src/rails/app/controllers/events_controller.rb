class EventsController < ApplicationController
  def create
    event = Event.create!(kind: params[:kind], payload: params[:payload].to_unsafe_h.to_json)
    render json: { kind: event.kind, length: event.payload.length }, status: :created
  end
end
