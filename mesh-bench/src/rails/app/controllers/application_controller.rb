class ApplicationController < ActionController::Base
  skip_forgery_protection
  layout "application"
end
