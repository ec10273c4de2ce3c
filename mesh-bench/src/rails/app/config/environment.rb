require_relative "application"

Shop::Application.initialize!
