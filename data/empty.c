typedef int data_room;
