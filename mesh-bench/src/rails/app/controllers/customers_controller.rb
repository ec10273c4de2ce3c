class CustomersController < ApplicationController
  def show
    customer = Customer.find(params[:id])
    render json: Rails.cache.fetch(["summary", customer.id]) { customer.summary.to_json }
  end
end
