%% What an Erlang node does all day: processes, ports, tables, ciphers, a connection with TLS.
-mode(compile).
-export([main/1]).

main(_) ->
    {ok, _} = application:ensure_all_started(ssl),
    say("processes", processes(2000)),
    say("tables", tables(40000)),
    say("binaries", binaries(4000)),
    say("ciphers", ciphers(300)),
    say("ports", ports(12)),
    say("files", files(200)),
    say("links", links(300)),
    say("tls", tls(8)),
    halt(0).

say(Name, Value) ->
    io:format("~s ~s~n", [Name, binary:encode_hex(binary:part(crypto:hash(sha256, term_to_binary(Value)), 0, 8))]).

%% A ring of processes, around which a growing list goes three times.
processes(Count) ->
    Self = self(),
    Last = lists:foldl(fun(N, Next) -> spawn_link(fun() -> forward(N, Next) end) end, Self, lists:seq(1, Count)),
    [begin
         Last ! {token, []},
         receive {token, L} -> lists:sum(L) end
     end || _ <- lists:seq(1, 3)].

forward(N, Next) ->
    receive
        {token, L} ->
            Next ! {token, [N | lists:sublist(L, 20)]},
            forward(N, Next)
    end.

tables(Count) ->
    Table = ets:new(table, [set, public, {write_concurrency, true}]),
    Self = self(),
    Workers = [spawn(fun() ->
                   [ets:insert(Table, {N, integer_to_binary(N * N), lists:duplicate(N rem 9, W)}) || N <- lists:seq(W, Count, 4)],
                   [ets:delete(Table, N) || N <- lists:seq(W, Count, 4), N rem 5 =/= 0],
                   Self ! {done, W}
               end) || W <- [1, 2, 3, 4]],
    [receive {done, W} -> ok end || W <- lists:seq(1, length(Workers))],
    Rest = lists:sort(ets:tab2list(Table)),
    ets:delete(Table),
    Rest.

binaries(Count) ->
    All = [begin
               B = binary:copy(<<N:32>>, 20 + N rem 300),
               Packed = zlib:compress(B),
               B = zlib:uncompress(Packed),
               {erlang:crc32(B), byte_size(B)}
           end || N <- lists:seq(1, Count)],
    erlang:garbage_collect(),
    All.

ciphers(Count) ->
    Key = crypto:hash(sha256, <<"key">>),
    [begin
         Text = binary:copy(<<"text", N:16>>, 50),
         Nonce = <<N:96>>,
         {Secret, Tag} = crypto:crypto_one_time_aead(aes_256_gcm, Key, Nonce, Text, <<>>, true),
         Text = crypto:crypto_one_time_aead(aes_256_gcm, Key, Nonce, Secret, <<>>, Tag, false),
         {Tag, crypto:mac(hmac, sha512, Key, Secret)}
     end || N <- lists:seq(1, Count)].

ports(Count) ->
    [os:cmd("echo said " ++ integer_to_list(N) ++ " | tr a-z A-Z") || N <- lists:seq(1, Count)] ++
        [begin
             Port = open_port({spawn_executable, "/bin/cat"}, [binary, use_stdio, stream]),
             Sent = binary:copy(<<N:8>>, 30000),
             port_command(Port, Sent),
             Got = gather(Port, byte_size(Sent), <<>>),
             port_close(Port),
             Got =:= Sent
         end || N <- lists:seq(1, Count)].

gather(_, Size, Got) when byte_size(Got) >= Size -> Got;
gather(Port, Size, Got) ->
    receive {Port, {data, More}} -> gather(Port, Size, <<Got/binary, More/binary>>) end.

files(Count) ->
    [begin
         Name = "file" ++ integer_to_list(N),
         ok = file:write_file(Name, lists:duplicate(N, "line\n")),
         {ok, Read} = file:read_file(Name),
         {ok, Info} = file:read_file_info(Name),
         ok = file:delete(Name),
         {byte_size(Read), element(2, Info)}
     end || N <- lists:seq(1, Count)].

%% Processes that die, and one that notices.
links(Count) ->
    process_flag(trap_exit, true),
    Ids = [spawn_link(fun() -> exit({reason, N}) end) || N <- lists:seq(1, Count)],
    Reasons = [receive {'EXIT', Id, Reason} -> Reason end || Id <- Ids],
    process_flag(trap_exit, false),
    Reasons.

tls(Connections) ->
    Certificate = [{digest, sha256}, {key, {namedCurve, secp256r1}}],
    Chain = #{root => Certificate, intermediates => [], peer => Certificate},
    #{server_config := Server, client_config := Client} =
        public_key:pkix_test_data(#{server_chain => Chain, client_chain => Chain}),
    {ok, Listen} = ssl:listen(0, [{active, false}, {reuseaddr, true}, binary, {packet, 4} | Server]),
    {ok, {_, Port}} = ssl:sockname(Listen),
    spawn_link(fun() -> accept(Listen) end),
    Self = self(),
    [spawn_link(fun() ->
         {ok, Socket} = ssl:connect("localhost", Port, [{active, false}, binary, {packet, 4}, {verify, verify_none} | Client]),
         Replies = [begin
                        ok = ssl:send(Socket, binary:copy(<<N:16, C:16>>, 500)),
                        {ok, Reply} = ssl:recv(Socket, 0),
                        erlang:md5(Reply)
                    end || N <- lists:seq(1, 20)],
         ssl:close(Socket),
         Self ! {replies, C, Replies}
     end) || C <- lists:seq(1, Connections)],
    [receive {replies, C, Replies} -> Replies end || C <- lists:seq(1, Connections)].

accept(Listen) ->
    {ok, Socket} = ssl:transport_accept(Listen),
    spawn(fun() -> {ok, Shaken} = ssl:handshake(Socket), echo(Shaken) end),
    accept(Listen).

echo(Socket) ->
    case ssl:recv(Socket, 0) of
        {ok, Data} -> ssl:send(Socket, [Data, Data]), echo(Socket);
        {error, closed} -> ok
    end.
