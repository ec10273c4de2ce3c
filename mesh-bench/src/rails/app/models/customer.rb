class Customer < ApplicationRecord
  has_many :orders

  # What the customer spent in each state of an order, and on which products most.
  def summary
    lines = orders.includes(line_items: :product).flat_map do |order|
      order.line_items.map { |line| [order.state, line.product.name, line.cents] }
    end
    {
      id: id, name: name, city: city,
      spent: lines.group_by(&:first).transform_values { |group| group.sum(&:last) },
      favourites: lines.group_by { |line| line[1] }.map { |name, group| [name, group.sum(&:last)] }
                       .sort_by { |name, cents| [-cents, name] }.first(10).to_h
    }
  end
end
