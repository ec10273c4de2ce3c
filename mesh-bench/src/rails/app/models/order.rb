class Order < ApplicationRecord
  PER_PAGE = 100

  belongs_to :customer
  has_many :line_items

  scope :page, ->(number) { order(:id).offset(PER_PAGE * number).limit(PER_PAGE) }
  scope :whole, -> { includes(:customer, line_items: :product) }

  def cents
    line_items.sum(&:cents)
  end

  def as_json(*)
    {
      id: id, state: state, placed_at: placed_at.iso8601, note: note, cents: cents,
      customer: customer.attributes.slice("id", "name", "city", "email"),
      lines: line_items.map(&:as_json)
    }
  end
end
