typedef int eval_room;
