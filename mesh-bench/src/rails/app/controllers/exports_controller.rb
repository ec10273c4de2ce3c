class ExportsController < ApplicationController
  def show
    render plain: Export.new(params[:part].to_i).text
  end
end
