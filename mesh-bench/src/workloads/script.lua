-- Records become tables and strings, are indexed, sorted and joined; most of them are dropped again.
local rounds = tonumber(arg[1])
local words, kept = 0, 0
local memory = {}
for round = 1, rounds do
  local index = {}
  for line = 1, 12000 do
    local record = { id = line, name = "record-" .. line * 7919 % 10007, words = {} }
    for step = 1, 10 do
      record.words[step] = "w" .. line * step % 4999
    end
    for _, word in ipairs(record.words) do
      local lines = index[word]
      if not lines then
        lines = {}
        index[word] = lines
      end
      lines[#lines + 1] = record
    end
    if line % 50 == 0 then
      memory[round .. "-" .. line] = record.name:upper()
      kept = kept + 1
    end
  end
  local names = {}
  for word in pairs(index) do
    names[#names + 1] = word
  end
  table.sort(names, function(a, b)
    if #index[a] ~= #index[b] then return #index[a] > #index[b] end
    return a < b
  end)
  for _, word in ipairs(names) do
    local ids = {}
    for at, record in ipairs(index[word]) do
      ids[at] = record.id
    end
    local text = word .. ": " .. table.concat(ids, ",")
    for _ in text:gmatch("%d+,?") do end
    words = words + #ids
  end
end
assert(words == rounds * 12000 * 10, "counted " .. words .. " words")
assert(kept == rounds * 240, "lost records")
