// A table of orders in memory, for `node`: each request changes 50 and answers with 50.
const http = require('http');
const order = (id) => ({ id, customer: `customer ${id}`, lines: [...Array(4).keys()].map((n) => ({ article: `article ${n}`, count: id % (n + 2) })) });
const orders = new Map([...Array(20000).keys()].map((id) => [id, order(id)]));
let next = 20000;
http.createServer((request, response) => {
  for (let n = 0; n < 50; n += 1) {
    orders.delete(next - 20000);
    orders.set(next, order(next));
    next += 1;
  }
  const some = [];
  for (let n = 0; n < 50; n += 1) some.push(orders.get(next - 1 - n * 37));
  response.end(JSON.stringify(some));
}).listen(18082, '127.0.0.1');
