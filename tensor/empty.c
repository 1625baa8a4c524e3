typedef int tensor_room;
