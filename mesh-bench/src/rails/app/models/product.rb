class Product < ApplicationRecord
  scope :named_like, ->(text) { where("name LIKE ?", "%#{sanitize_sql_like(text)}%") }
end
