<?php
// A site to be guarded: says what it was asked. ?status=403 makes it refuse, as a site may.
http_response_code((int) ($_GET['status'] ?? 200));
header('Content-Type: application/json');
echo json_encode([
    'site' => 'php',
    'method' => $_SERVER['REQUEST_METHOD'],
    'uri' => $_SERVER['REQUEST_URI'],
    'path_info' => $_SERVER['PATH_INFO'] ?? '',
    'length' => strlen(file_get_contents('php://input')),
], JSON_UNESCAPED_SLASHES), "\n";
