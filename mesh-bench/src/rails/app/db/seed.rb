# Makes the database, with the same contents each time.
require_relative "../config/environment"

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:customers) { |t| t.string :name, :city, :email }
  create_table(:products) do |t|
    t.string :name
    t.integer :cents
    t.text :description
  end
  create_table(:orders) do |t|
    t.references :customer
    t.string :state
    t.datetime :placed_at
    t.text :note
  end
  create_table(:line_items) do |t|
    t.references :order
    t.references :product
    t.integer :quantity
    t.string :remark
  end
  create_table(:events) do |t|
    t.string :kind
    t.text :payload
  end
end

random = Random.new(1)
syllables = %w[an ber cor dal eth fin gor hal is jun kel lor mar nim or pel quin ros sal tor um vel win xan yor zim]
word = -> { Array.new(random.rand(2..4)) { syllables[random.rand(syllables.size)] }.join }
words = ->(count) { Array.new(count) { word.call }.join(" ") }
fill = lambda do |model, count, &row|
  (1..count).each_slice(1000) { |ids| model.insert_all!(ids.map(&row)) }
end

scale = Integer(ARGV.fetch(0))
customers, products, orders = 4 * scale, 10 * scale, 80 * scale

fill.call(Customer, customers) do
  name = words.call(2).titleize
  { name: name, city: word.call.capitalize, email: "#{name.parameterize}@example.org" }
end
fill.call(Product, products) do
  { name: words.call(2), cents: random.rand(100..50_000), description: words.call(random.rand(10..60)) }
end
start = Time.utc(2024)
fill.call(Order, orders) do |id|
  {
    customer_id: random.rand(1..customers), state: %w[new paid sent returned][random.rand(4)],
    placed_at: start + 60 * id, note: words.call(random.rand(5..40))
  }
end
fill.call(LineItem, 4 * orders) do |id|
  {
    order_id: (id - 1) / 4 + 1, product_id: random.rand(1..products), quantity: random.rand(1..9),
    remark: words.call(random.rand(0..8))
  }
end
# All into one file, to be copied.
ActiveRecord::Base.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
ActiveRecord::Base.connection.disconnect!
