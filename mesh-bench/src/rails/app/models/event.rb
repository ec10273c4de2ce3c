class Event < ApplicationRecord
  validates :kind, presence: true
  validates :payload, length: { minimum: 2 }
end
