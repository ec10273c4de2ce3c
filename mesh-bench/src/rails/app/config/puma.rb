threads 5, 5
workers Integer(ENV.fetch("SHOP_WORKERS"))
preload_app! if Integer(ENV.fetch("SHOP_WORKERS")).positive?
bind "unix://#{ENV.fetch("SHOP_SOCKET")}"
environment "production"
quiet
# SIGTERM is how the run ends: that is a success.
raise_exception_on_sigterm false
