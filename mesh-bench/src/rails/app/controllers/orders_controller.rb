class OrdersController < ApplicationController
  def index
    @orders = Order.page(params[:page].to_i).whole.to_a
    respond_to do |format|
      format.html
      format.json { render json: @orders }
    end
  end

  # The parts that change seldom come from the cache.
  def show
    @order = Order.find(params[:id])
    @lines = Rails.cache.fetch(["lines", @order.id]) { @order.line_items.includes(:product).map(&:as_json) }
  end
end
