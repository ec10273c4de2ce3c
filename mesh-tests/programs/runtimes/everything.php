<?php
// What a PHP program does all day: arrays, patterns, documents, a child. Its modules for databases are opened at the start.
foreach (['mysqli', 'mysqlnd', 'pdo_mysql', 'dom', 'simplexml', 'xmlreader', 'xmlwriter', 'mbstring'] as $module)
    extension_loaded($module) || exit("no $module\n");

mt_srand(1);
$rows = [];
for ($n = 0; $n < 20000; $n++)
    $rows[] = ['id' => $n, 'name' => str_repeat(chr(97 + $n % 26), mt_rand(1, 90)), 'list' => array_fill(0, $n % 7, $n)];
$text = json_encode($rows);
json_decode($text, true) == $rows || exit("json\n");
usort($rows, fn($a, $b) => [strlen($a['name']), $a['id']] <=> [strlen($b['name']), $b['id']]);
echo 'rows ', md5(serialize($rows)), ' ', preg_match_all('/(\w)\1{20,}/', $text), "\n";

$kept = [];
for ($n = 0; $n < 100000; $n++) {
    $string = str_repeat(chr(65 + $n % 26), $n % 900);
    if ($n % 8 == 0)
        $kept[] = $string;
}
echo 'kept ', count($kept), ' ', md5(implode($kept)), "\n";

$document = new DOMDocument('1.0', 'UTF-8');
$root = $document->appendChild($document->createElement('rows'));
foreach (array_slice($rows, 0, 8000) as $row) {
    $element = $root->appendChild($document->createElement('row', $row['name']));
    $element->setAttribute('id', $row['id']);
    foreach ($row['list'] as $number)
        $element->appendChild($document->createElement('number', $number));
}
$found = (new DOMXPath($document))->query('//row[number]/@id');
for ($n = $root->childNodes->length - 1; $n >= 0; $n--)
    if ($n % 8)
        $root->removeChild($root->childNodes->item($n));
$xml = $document->saveXML();
echo 'dom ', $found->length, ' ', md5($xml), "\n";
echo 'simple ', count(simplexml_load_string($xml)->row), "\n";
$reader = XMLReader::XML($xml);
for ($n = 0; $reader->read(); $n++);
$writer = new XMLWriter();
$writer->openMemory();
$writer->writeElement('nodes', $n);
echo 'reader ', $writer->outputMemory(), "\n";

$wide = mb_convert_encoding(str_repeat("größer — 日本語 ", 5000), 'UTF-16', 'UTF-8');
echo 'wide ', mb_strlen($wide, 'UTF-16'), ' ', md5(mb_strtoupper(mb_convert_encoding($wide, 'UTF-8', 'UTF-16'))), "\n";

mysqli_report(MYSQLI_REPORT_OFF);
echo 'server ', @mysqli_connect('localhost', 'u', 'p', 'd', 0, '/nowhere') === false ? mysqli_connect_errno() : 'there', "\n";
try {
    new PDO('mysql:unix_socket=/nowhere');
} catch (PDOException $e) {
    echo 'server ', $e->getCode(), "\n";
}

echo 'shell ', shell_exec('echo said by a shell');
for ($n = 0; $n < 5; $n++) {
    $child = proc_open(['tr', 'a-z', 'A-Z'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    fwrite($pipes[0], str_repeat("shout $n ", 3000));
    fclose($pipes[0]);
    echo 'child ', md5(stream_get_contents($pipes[1])), ' ', proc_close($child), "\n";
}
