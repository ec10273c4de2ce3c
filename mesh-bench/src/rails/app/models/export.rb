# Half of all orders at once, as a table with a line for each line of an order.
class Export
  PARTS = 2

  def initialize(part)
    @part = part % PARTS
  end

  def rows
    Order.where("orders.id % ? = ?", PARTS, @part).order(:id).whole.flat_map do |order|
      order.line_items.map do |line|
        {
          order: order.id, state: order.state, placed: order.placed_at.to_s(:db), customer: order.customer.name,
          email: order.customer.email, product: line.product.name, quantity: line.quantity,
          price: format("%.2f", line.cents / 100.0), remark: line.remark
        }
      end
    end
  end

  def text
    all = rows
    head = all.first.keys.join(";")
    [head, *all.map { |row| row.values.map { |value| quoted(value) }.join(";") }].join("\n")
  end

  private

  def quoted(value)
    text = value.to_s
    text.match?(/[;"\n]/) ? %("#{text.gsub('"', '""')}") : text
  end
end
