class LineItem < ApplicationRecord
  belongs_to :order
  belongs_to :product

  def cents
    quantity * product.cents
  end

  def as_json(*)
    { product: product.name, quantity: quantity, cents: cents, remark: remark }
  end
end
