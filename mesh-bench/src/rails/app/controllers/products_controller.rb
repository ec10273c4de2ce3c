class ProductsController < ApplicationController
  def index
    @query = params[:query].to_s
    @products = Product.named_like(@query).order(:name, :id).to_a
  end
end
