// The library's containers, streams and exceptions: many sizes, many lives.
#include "../check.h"
#include "topics.h"
#include <algorithm>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

bool maps()
{
    std::map<std::string, std::vector<int>> ordered;
    std::unordered_map<std::string, std::shared_ptr<std::string>> hashed;
    unsigned state = 1;
    for (int i = 0; i < 60000; i++) {
        std::string key = "key " + std::to_string(next_random(&state) % 5000);
        ordered[key].push_back(i);
        hashed[key] = std::make_shared<std::string>(key + std::string(i % 300, 'x'));
        if (i % 7 == 0) {
            std::string victim = "key " + std::to_string(next_random(&state) % 5000);
            ordered.erase(victim);
            hashed.erase(victim);
        }
    }
    bool same = ordered.size() == hashed.size();
    for (const auto &[key, numbers] : ordered)
        same = same && hashed.at(key)->compare(0, key.size(), key) == 0
            && std::is_sorted(numbers.begin(), numbers.end());
    return same;
}

bool sequences()
{
    std::list<std::string> words;
    std::deque<std::unique_ptr<int>> numbers;
    std::multiset<std::string> sorted;
    for (int i = 0; i < 20000; i++) {
        words.push_back(std::string(i % 97, static_cast<char>('a' + i % 26)));
        numbers.push_front(std::make_unique<int>(i));
        sorted.insert(words.back());
        if (i % 3 == 0) {
            words.pop_front();
            numbers.pop_back();
        }
    }
    words.sort();
    return words.size() == numbers.size() && *numbers.front() == 19999
        && std::is_sorted(sorted.begin(), sorted.end());
}

bool streams()
{
    std::ostringstream out;
    for (int i = 0; i < 5000; i++)
        out << i << ' ' << std::string(i % 40, '#') << '\n';
    std::istringstream in(out.str());
    std::string line;
    const std::regex form("(\\d+) (#*)");
    int lines = 0;
    while (std::getline(in, line)) {
        std::smatch match;
        if (!std::regex_match(line, match, form) || std::stoi(match[1]) != lines)
            return false;
        lines++;
    }
    return lines == 5000;
}

struct Detailed : std::exception {
    explicit Detailed(int depth) : text(500, 'e'), depth(depth) {}
    const char *what() const noexcept override { return text.c_str(); }
    std::string text;
    int depth;
};

void descend(int depth)
{
    std::vector<std::string> local(10, std::string(100, 'l'));
    if (depth == 0)
        throw Detailed(7);
    descend(depth - 1);
}

bool exceptions()
{
    int caught = 0;
    for (int i = 0; i < 2000; i++) {
        try {
            try {
                descend(i % 20);
            } catch (const Detailed &) {
                std::throw_with_nested(std::runtime_error("outer"));
            }
        } catch (const std::exception &outer) {
            try {
                std::rethrow_if_nested(outer);
            } catch (const Detailed &inner) {
                caught += inner.depth == 7 && inner.text.size() == 500;
            }
        }
    }
    return caught == 2000;
}

} // namespace

void containers()
{
    check("maps and shared pointers", maps());
    check("lists, deques and sets", sequences());
    check("streams and regular expressions", streams());
    check("exceptions", exceptions());
}
