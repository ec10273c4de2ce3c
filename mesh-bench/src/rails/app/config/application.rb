require "rails"
require "active_model/railtie"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "active_support/all"
require "sidekiq"

# A log that is as much work as any, of which only faults are written.
module Faults
  def self.write(line)
    $stderr.write(line) if line.start_with?("E", "F")
  end

  def self.close; end
end

# A shop's back office: customers, products, orders and their lines in SQLite.
module Shop
  class Application < Rails::Application
    config.root = File.expand_path("..", __dir__)
    config.load_defaults 6.1
    config.eager_load = true
    config.cache_classes = true
    config.consider_all_requests_local = false
    config.secret_key_base = "0" * 64
    config.hosts.clear
    config.action_controller.perform_caching = true
    # Long-lived strings of many sizes, which leave as others come.
    config.cache_store = :memory_store, { size: 16.megabytes }
    config.active_record.migration_error = false
    config.logger = Logger.new(Faults)
    config.log_level = :info
  end
end

# What is written is of no use after the run: nobody waits for the disk.
module Hasty
  def configure_connection
    super
    execute("PRAGMA synchronous = OFF", "SCHEMA")
    execute("PRAGMA journal_mode = WAL", "SCHEMA")
  end
end

ActiveSupport.on_load(:active_record) do
  require "active_record/connection_adapters/sqlite3_adapter"
  ActiveRecord::ConnectionAdapters::SQLite3Adapter.prepend(Hasty)
end
