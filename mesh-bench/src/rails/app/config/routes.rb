Rails.application.routes.draw do
  get "up", to: "operations#up"
  post "collect", to: "operations#collect"
  resources :orders, only: %i[index show]
  resources :customers, only: :show
  resources :products, only: :index
  resources :events, only: :create
  get "export", to: "exports#show"
end
