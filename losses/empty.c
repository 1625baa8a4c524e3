typedef int losses_room;
