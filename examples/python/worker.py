"""Answers the questions that come over the channel `rpc`, and reports on `log`, which other writers share."""

import spillway_channel

rpc = spillway_channel.inherited("rpc")
log = spillway_channel.inherited("log")

answered = 0
for question in rpc:
    log.send({"from": "python", "question": question})
    words = question["text"].split()
    rpc.send({"id": question["id"], "words": len(words), "longest": max(words, key=len, default="")})
    answered += 1

log.send({"from": "python", "answered": answered})
rpc.close()
log.close()
